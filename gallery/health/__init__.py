"""Whether the site is well: for load balancers, orchestrators and Prometheus."""
