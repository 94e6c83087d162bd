"""Smart Battery Scheduler: buys electricity for a Tesla Powerwall when it is cheap and clean."""
