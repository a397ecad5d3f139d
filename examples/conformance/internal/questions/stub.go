package questions

func applicability(c *collector) {}
