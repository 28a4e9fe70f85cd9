"""Coverage-guided fuzzing of everything that reads hostile bytes; needs atheris, which no lock file names."""
