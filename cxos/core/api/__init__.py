"""What every API endpoint shares: who asks, what they may, how bodies come in and problems go out."""
