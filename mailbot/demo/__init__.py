"""The demo: a whole mail world in one process, for people to play in and for stories to be played on."""
