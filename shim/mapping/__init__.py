"""What corresponds to what between the two services, written once, as data.

The bridges read it to translate live messages, the codemod to rewrite expressions, `sttbridge mapping` to print it.
"""
