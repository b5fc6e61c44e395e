"""ONNX: files as trained models, and trained models as files.

The packages `onnx` and PyTorch are imported when something here is used; the extra ``onnx`` installs both.
"""
