"""What happened: measurements, the recorder's statistics, accuracy, savings, decisions."""
