package applicability

import "slices"

// Vocabulary is the names of the 62 rules that are evaluated: 5 logical, 36
// base, 10 Windows Installer and 3 driver rules, in the order of the
// specification, and 8 that are in no published schema. A rule with any other
// name is unsupported.
func Vocabulary() []string {
	return slices.Concat(logicalNames(), baseNames(), installerNames(), driverNames(), observedNames())
}

func logicalNames() []string { return []string{"True", "False", "And", "Or", "Not"} }

func baseNames() []string {
	return []string{
		"Platform", "WindowsVersion", "PlatformVersion", "WindowsLanguage", "PlatformLanguage", "MuiInstalled",
		"MuiLanguageInstalled", "SystemMetric", "Processor", "NumberOfProcessors", "ClusteredOS",
		"ClusterResourceOwner", "FileExists", "FileExistsPrependRegSz", "FileVersion", "FileVersionPrependRegSz",
		"FileCreated", "FileCreatedPrependRegSz", "FileModified", "FileModifiedPrependRegSz", "FileSize",
		"FileSizePrependRegSz", "RegKeyExists", "RegValueExists", "RegDword", "RegExpandSz", "RegSz",
		"RegSzToVersion", "WUv4RegKeyValue", "WUv4RegKeySubstring", "RegKeyLoop", "LicenseValueExists",
		"LicenseDword", "WmiQuery", "InstalledOnce", "GenericQuery",
	}
}

func installerNames() []string {
	return []string{
		"MsiProductInstalled", "MsiFeatureInstalledForProduct", "MsiComponentInstalledForProduct",
		"MsiPatchInstalledForProduct", "MsiPatchInstalled", "MsiPatchSuperseded", "MsiPatchInstallable",
		"MsiApplicationInstalled", "MsiApplicationSuperseded", "MsiApplicationInstallable",
	}
}

func driverNames() []string {
	return []string{"WindowsDriverInstalled", "WindowsDriverSuperseded", "WindowsDriverInstallable"}
}

func observedNames() []string {
	return []string{
		"CbsPackageInstalled", "CbsPackageInstalledByIdentity", "CbsPackageInstallable", "ProductReleaseInstalled",
		"ProductReleaseVersion", "DeviceAttribute", "VideoMemory", "Memory",
	}
}
