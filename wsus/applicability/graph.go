package applicability

// components returns the strongly connected components of a graph over 0 to
// n-1, each after those that its nodes point to, by Tarjan's algorithm. It
// does not recurse, so a long chain cannot exhaust the stack. Components of
// more than one node are the cycles.
func components(n int, edges func(i int32, visit func(int32))) [][]int32 {
	t := tarjan{
		number: make([]int32, n), low: make([]int32, n), on: make([]bool, n), edges: edges,
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
	groups      [][]int32
	edges       func(i int32, visit func(int32))
}

// frame is a node that is being visited, with the nodes it points to.
type frame struct {
	node int32
	next int
	to   []int32
}

func (t *tarjan) enter(i int32) frame {
	t.counter++
	t.number[i], t.low[i] = t.counter, t.counter
	t.stack = append(t.stack, i)
	t.on[i] = true
	f := frame{node: i}
	t.edges(i, func(to int32) { f.to = append(f.to, to) })
	return f
}

func (t *tarjan) run(root int32) {
	frames := []frame{t.enter(root)}
	for len(frames) > 0 {
		f := &frames[len(frames)-1]
		if f.next < len(f.to) {
			to := f.to[f.next]
			f.next++
			if t.number[to] == 0 {
				frames = append(frames, t.enter(to))
			} else if t.on[to] {
				t.low[f.node] = min(t.low[f.node], t.number[to])
			}
			continue
		}
		node := f.node
		frames = frames[:len(frames)-1]
		if len(frames) > 0 {
			parent := frames[len(frames)-1].node
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
	group := append([]int32(nil), t.stack[from:]...)
	for _, i := range group {
		t.on[i] = false
	}
	t.stack = t.stack[:from]
	t.groups = append(t.groups, group)
}
