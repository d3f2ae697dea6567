"""The pages and the actions of the console, one file a subject."""
