"""Boxes that are split and relaxed by linear programs until every one is closed, with proofs that can be checked."""
