"""What must be kept a register of: requests and complaints with their legal deadlines, and disclosures to authorities."""
