"""What a person can do in the chat, and how a notice looks there."""
