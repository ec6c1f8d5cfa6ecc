"""Typesets a plain-text novel as a small book: source, line breaks, pages, PDF, expectation."""
