"""The report: runs notebooks with papermill, renders pages, and writes the front page."""
