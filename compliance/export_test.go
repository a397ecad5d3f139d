package compliance

// SharesIDs reports whether two snapshots keep their ids in the same memory.
func SharesIDs(a, b *Snapshot) bool { return sameMemory(a.view().ids, b.view().ids) }

// SharesRevisions reports whether two snapshots keep their revisions in the
// same memory.
func SharesRevisions(a, b *Snapshot) bool { return sameMemory(a.view().revs, b.view().revs) }
