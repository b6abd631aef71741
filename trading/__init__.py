"""What is true: model, money, rules, state machines, the loop and the terminal protocol."""
