"""E-mail: how a mail is made, how it leaves, and the page its unsubscribe link leads to."""
