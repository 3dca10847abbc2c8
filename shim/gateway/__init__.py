"""Gateways: servers that speak one vendor's API to their clients and the other vendor's to the service behind them.

They are plumbing: sockets, keys, time. What is said on either side is the bridges' and the faces' business.
"""
