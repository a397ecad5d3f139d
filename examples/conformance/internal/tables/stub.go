package tables

func workflows(c *collector)     {}
func applicability(c *collector) {}
