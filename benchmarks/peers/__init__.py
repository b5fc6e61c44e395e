"""Other packages for the same task, each in an environment of its own, on the same problems in the same run."""
