"""From dual vectors to lower bounds that hold."""
