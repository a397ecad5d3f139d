package site

// cache remembers the stored form of clients, so that the report of one that was
// heard of lately needs no read. It holds at most limit clients: when the young
// ones are half of that, they become the old ones, and those that were old are
// forgotten.
type cache struct {
	limit      int
	young, old map[string][]byte
}

// get returns a client; ok is false when it is not remembered.
func (k *cache) get(id string) (c Client, ok bool) {
	data, ok := k.young[id]
	if !ok {
		if data, ok = k.old[id]; !ok {
			return Client{}, false
		}
		k.set(id, data)
	}
	c, err := DecodeClient(data)
	return c, err == nil
}

// put remembers a client.
func (k *cache) put(c *Client) {
	data, err := c.AppendBinary(nil)
	if err != nil {
		k.drop(c.ID)
		return
	}
	k.set(c.ID, data)
}

func (k *cache) set(id string, data []byte) {
	if k.limit < 2 {
		return
	}
	if _, ok := k.young[id]; !ok && len(k.young) >= k.limit/2 {
		k.old, k.young = k.young, nil
	}
	if k.young == nil {
		k.young = make(map[string][]byte)
	}
	k.young[id] = data
}

// drop forgets a client.
func (k *cache) drop(id string) {
	delete(k.young, id)
	delete(k.old, id)
}
