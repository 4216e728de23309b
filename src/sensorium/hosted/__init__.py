"""What every backend that speaks to a service needs: keys, a client with a deadline, its errors, images to send."""
