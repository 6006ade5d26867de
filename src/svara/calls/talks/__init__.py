"""What happens in a talk beyond two phones: a room in which others may take part, who looks in, what both are told."""
