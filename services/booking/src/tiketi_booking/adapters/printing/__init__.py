"""Tickets and receipts on paper and on screens: PDF and QR."""
