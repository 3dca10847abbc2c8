"""The parameters and options that the SDKs take."""
