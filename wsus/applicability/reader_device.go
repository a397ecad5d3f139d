package applicability

// deviceReader remembers the facts about devices, packages and releases.
type deviceReader struct {
	devices            once[*deviceIndex]
	memory, video      once[uint32]
	packages           map[string]Fact[uint32]
	packageInstallable map[string]Fact[bool]
	releases           map[string]Fact[Version]
	attributes         map[string]Fact[string]
}

func (r *reader) readDevices() Fact[*deviceIndex] {
	if r.facts.Devices == nil {
		return Fact[*deviceIndex]{}
	}
	return r.device.devices.get(func() Fact[*deviceIndex] {
		f := r.facts.Devices.Devices()
		if f.Presence != Present {
			return Fact[*deviceIndex]{Presence: f.Presence}
		}
		return FactOf(newDeviceIndex(f.Value))
	})
}

func (r *reader) readPackage(identity string) Fact[uint32] {
	if r.facts.Packages == nil {
		return Fact[uint32]{}
	}
	return recall(&r.device.packages, fold(identity), func() Fact[uint32] { return r.facts.Packages.PackageState(identity) })
}

func (r *reader) readPackageInstallable(identity string) Fact[bool] {
	if r.facts.Packages == nil {
		return Fact[bool]{}
	}
	return recall(&r.device.packageInstallable, fold(identity), func() Fact[bool] {
		return r.facts.Packages.PackageInstallable(identity)
	})
}

func (r *reader) readRelease(name string) Fact[Version] {
	if r.facts.Releases == nil {
		return Fact[Version]{}
	}
	return recall(&r.device.releases, fold(name), func() Fact[Version] { return r.facts.Releases.ProductRelease(name) })
}

func (r *reader) readAttribute(name string) Fact[string] {
	if r.facts.Attributes == nil {
		return Fact[string]{}
	}
	return recall(&r.device.attributes, fold(name), func() Fact[string] { return r.facts.Attributes.DeviceAttribute(name) })
}

func (r *reader) readMemory(video bool) Fact[uint32] {
	if r.facts.Memory == nil {
		return Fact[uint32]{}
	}
	if video {
		return r.device.video.get(r.facts.Memory.VideoMemoryMB)
	}
	return r.device.memory.get(r.facts.Memory.MemoryMB)
}
