"""Pictures for the chat, drawn in a child process that is killed when it takes too long."""
