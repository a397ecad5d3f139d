package applicability

// components returns the strongly connected components of a graph over 0 to
// n-1, each after those that its nodes point to, by Tarjan's algorithm. It
// does not recurse, so a long chain cannot exhaust the stack. Components of
// more than one node are the cycles.
func components(n int, edges func(i int32, visit func(int32))) [][]int32 {
	t := tarjan{
		number: make([]int32, n), low: make([]int32, n), on: make([]bool, n), edges: edges,
		closed: make([]int32, 0, n), groups: make([][]int32, 0, n),
	}
	for i := range int32(n) {
		if t.number[i] == 0 {
			t.run(i)
		}
	}
	return t.groups
}

type tarjan struct {
	number, low []int32
	on          []bool
	counter     int32
	stack       []int32
	frames      []frame
	to          []int32 // what the nodes of the frames point to
	closed      []int32 // what the groups are cut from
	groups      [][]int32
	edges       func(i int32, visit func(int32))
}

// frame is a node that is being visited. It points to the nodes of to that
// begin at first, up to those of the next frame; next is the one to be looked
// at.
type frame struct {
	node        int32
	first, next int
}

func (t *tarjan) enter(i int32) {
	t.counter++
	t.number[i], t.low[i] = t.counter, t.counter
	t.stack = append(t.stack, i)
	t.on[i] = true
	t.frames = append(t.frames, frame{node: i, first: len(t.to), next: len(t.to)})
	t.edges(i, func(to int32) { t.to = append(t.to, to) })
}

func (t *tarjan) run(root int32) {
	t.enter(root)
	for len(t.frames) > 0 {
		f := &t.frames[len(t.frames)-1]
		if f.next < len(t.to) {
			to := t.to[f.next]
			f.next++
			if t.number[to] == 0 {
				t.enter(to)
			} else if t.on[to] {
				t.low[f.node] = min(t.low[f.node], t.number[to])
			}
			continue
		}
		node := f.node
		t.to = t.to[:f.first]
		t.frames = t.frames[:len(t.frames)-1]
		if len(t.frames) > 0 {
			parent := t.frames[len(t.frames)-1].node
			t.low[parent] = min(t.low[parent], t.low[node])
		}
		if t.low[node] == t.number[node] {
			t.close(node)
		}
	}
}

// close takes the component of node off the stack.
func (t *tarjan) close(node int32) {
	from := len(t.stack) - 1
	for t.stack[from] != node {
		from--
	}
	first := len(t.closed)
	t.closed = append(t.closed, t.stack[from:]...)
	group := t.closed[first:len(t.closed):len(t.closed)]
	for _, i := range group {
		t.on[i] = false
	}
	t.stack = t.stack[:from]
	t.groups = append(t.groups, group)
}
