"""The sandbox carrier: a telephone company to practise with, that speaks the CAMARA APIs."""
