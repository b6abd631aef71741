"""How facts are kept: SQLite, migrations, one transaction a method."""
