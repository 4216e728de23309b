"""The command line: result on stdout, progress and evidence on stderr, one line an error."""
