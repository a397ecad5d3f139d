package applicability

import "slices"

// Vocabulary is the names of the 51 rules that are evaluated: 5 logical, 36
// base and 10 Windows Installer rules, in the order of the specification. A
// rule with any other name is unsupported.
func Vocabulary() []string {
	return slices.Concat(logicalNames(), baseNames(), installerNames())
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
