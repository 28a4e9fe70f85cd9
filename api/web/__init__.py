"""The pages people see: words, templates and one style sheet, rendered on the server and needing no script."""
