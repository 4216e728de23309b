"""What things a picture shows, by names of an open vocabulary."""
