"""What every backend that speaks to a service needs: keys, a client with a deadline, its failures, pictures to send."""
