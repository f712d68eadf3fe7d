"""What two or more Tiketi services really share."""
