"""What people may demand of their data, and when data go: to see, take along, correct, restrict and erase; retention."""
