package wusp

// Operation is [OpGetConfig].
func (*GetConfigRequest) Operation() Operation { return OpGetConfig }

// Response is false.
func (*GetConfigRequest) Response() bool { return false }

func (m *GetConfigRequest) read(r *reader) error { return readFields(r, m, getConfigFields) }
func (m *GetConfigRequest) write(w *writer)      { writeFields(w, m, getConfigFields) }

// Operation is [OpGetConfig].
func (*GetConfigResponse) Operation() Operation { return OpGetConfig }

// Response is true.
func (*GetConfigResponse) Response() bool { return true }

func (m *GetConfigResponse) read(r *reader) error { return readFields(r, m, getConfigResponseFields) }
func (m *GetConfigResponse) write(w *writer)      { writeFields(w, m, getConfigResponseFields) }

// Operation is [OpGetAuthorizationCookie].
func (*GetAuthorizationCookieRequest) Operation() Operation { return OpGetAuthorizationCookie }

// Response is false.
func (*GetAuthorizationCookieRequest) Response() bool { return false }

func (m *GetAuthorizationCookieRequest) read(r *reader) error {
	return readFields(r, m, getAuthorizationCookieFields)
}

func (m *GetAuthorizationCookieRequest) write(w *writer) {
	writeFields(w, m, getAuthorizationCookieFields)
}

// Operation is [OpGetAuthorizationCookie].
func (*GetAuthorizationCookieResponse) Operation() Operation { return OpGetAuthorizationCookie }

// Response is true.
func (*GetAuthorizationCookieResponse) Response() bool { return true }

func (m *GetAuthorizationCookieResponse) read(r *reader) error {
	return readFields(r, m, getAuthorizationCookieResponseFields)
}

func (m *GetAuthorizationCookieResponse) write(w *writer) {
	writeFields(w, m, getAuthorizationCookieResponseFields)
}

// Operation is [OpGetCookie].
func (*GetCookieRequest) Operation() Operation { return OpGetCookie }

// Response is false.
func (*GetCookieRequest) Response() bool { return false }

func (m *GetCookieRequest) read(r *reader) error { return readFields(r, m, getCookieFields) }
func (m *GetCookieRequest) write(w *writer)      { writeFields(w, m, getCookieFields) }

// Operation is [OpGetCookie].
func (*GetCookieResponse) Operation() Operation { return OpGetCookie }

// Response is true.
func (*GetCookieResponse) Response() bool { return true }

func (m *GetCookieResponse) read(r *reader) error { return readFields(r, m, getCookieResponseFields) }
func (m *GetCookieResponse) write(w *writer)      { writeFields(w, m, getCookieResponseFields) }

// Operation is [OpRegisterComputer].
func (*RegisterComputerRequest) Operation() Operation { return OpRegisterComputer }

// Response is false.
func (*RegisterComputerRequest) Response() bool { return false }

func (m *RegisterComputerRequest) read(r *reader) error {
	return readFields(r, m, registerComputerFields)
}

func (m *RegisterComputerRequest) write(w *writer) { writeFields(w, m, registerComputerFields) }

// Operation is [OpRegisterComputer].
func (*RegisterComputerResponse) Operation() Operation { return OpRegisterComputer }

// Response is true.
func (*RegisterComputerResponse) Response() bool { return true }

func (*RegisterComputerResponse) read(r *reader) error { return r.skip() }
func (*RegisterComputerResponse) write(*writer)        {}

// Operation is [OpStartCategoryScan].
func (*StartCategoryScanRequest) Operation() Operation { return OpStartCategoryScan }

// Response is false.
func (*StartCategoryScanRequest) Response() bool { return false }

func (m *StartCategoryScanRequest) read(r *reader) error {
	return readFields(r, m, startCategoryScanFields)
}

func (m *StartCategoryScanRequest) write(w *writer) { writeFields(w, m, startCategoryScanFields) }

// Operation is [OpStartCategoryScan].
func (*StartCategoryScanResponse) Operation() Operation { return OpStartCategoryScan }

// Response is true.
func (*StartCategoryScanResponse) Response() bool { return true }

func (m *StartCategoryScanResponse) read(r *reader) error {
	return readFields(r, m, startCategoryScanResponseFields)
}

func (m *StartCategoryScanResponse) write(w *writer) {
	writeFields(w, m, startCategoryScanResponseFields)
}

// Operation is [OpSyncUpdates].
func (*SyncUpdatesRequest) Operation() Operation { return OpSyncUpdates }

// Response is false.
func (*SyncUpdatesRequest) Response() bool { return false }

func (m *SyncUpdatesRequest) read(r *reader) error { return readFields(r, m, syncUpdatesFields) }
func (m *SyncUpdatesRequest) write(w *writer)      { writeFields(w, m, syncUpdatesFields) }

// Operation is [OpSyncUpdates].
func (*SyncUpdatesResponse) Operation() Operation { return OpSyncUpdates }

// Response is true.
func (*SyncUpdatesResponse) Response() bool { return true }

func (m *SyncUpdatesResponse) read(r *reader) error {
	return readFields(r, m, syncUpdatesResponseFields)
}
func (m *SyncUpdatesResponse) write(w *writer) { writeFields(w, m, syncUpdatesResponseFields) }

// Operation is [OpRefreshCache].
func (*RefreshCacheRequest) Operation() Operation { return OpRefreshCache }

// Response is false.
func (*RefreshCacheRequest) Response() bool { return false }

func (m *RefreshCacheRequest) read(r *reader) error { return readFields(r, m, refreshCacheFields) }
func (m *RefreshCacheRequest) write(w *writer)      { writeFields(w, m, refreshCacheFields) }

// Operation is [OpRefreshCache].
func (*RefreshCacheResponse) Operation() Operation { return OpRefreshCache }

// Response is true.
func (*RefreshCacheResponse) Response() bool { return true }

func (m *RefreshCacheResponse) read(r *reader) error {
	return readFields(r, m, refreshCacheResponseFields)
}

func (m *RefreshCacheResponse) write(w *writer) { writeFields(w, m, refreshCacheResponseFields) }

// Operation is [OpGetExtendedUpdateInfo].
func (*GetExtendedUpdateInfoRequest) Operation() Operation { return OpGetExtendedUpdateInfo }

// Response is false.
func (*GetExtendedUpdateInfoRequest) Response() bool { return false }

func (m *GetExtendedUpdateInfoRequest) read(r *reader) error {
	return readFields(r, m, getExtendedFields)
}

func (m *GetExtendedUpdateInfoRequest) write(w *writer) { writeFields(w, m, getExtendedFields) }

// Operation is [OpGetExtendedUpdateInfo].
func (*GetExtendedUpdateInfoResponse) Operation() Operation { return OpGetExtendedUpdateInfo }

// Response is true.
func (*GetExtendedUpdateInfoResponse) Response() bool { return true }

func (m *GetExtendedUpdateInfoResponse) read(r *reader) error {
	return readFields(r, m, getExtendedResponseFields)
}

func (m *GetExtendedUpdateInfoResponse) write(w *writer) {
	writeFields(w, m, getExtendedResponseFields)
}

// Operation is [OpGetExtendedUpdateInfo2].
func (*GetExtendedUpdateInfo2Request) Operation() Operation { return OpGetExtendedUpdateInfo2 }

// Response is false.
func (*GetExtendedUpdateInfo2Request) Response() bool { return false }

func (m *GetExtendedUpdateInfo2Request) read(r *reader) error {
	return readFields(r, m, getExtended2Fields)
}

func (m *GetExtendedUpdateInfo2Request) write(w *writer) { writeFields(w, m, getExtended2Fields) }

// Operation is [OpGetExtendedUpdateInfo2].
func (*GetExtendedUpdateInfo2Response) Operation() Operation { return OpGetExtendedUpdateInfo2 }

// Response is true.
func (*GetExtendedUpdateInfo2Response) Response() bool { return true }

func (m *GetExtendedUpdateInfo2Response) read(r *reader) error {
	return readFields(r, m, getExtended2ResponseFields)
}

func (m *GetExtendedUpdateInfo2Response) write(w *writer) {
	writeFields(w, m, getExtended2ResponseFields)
}

// Operation is [OpGetFileLocations].
func (*GetFileLocationsRequest) Operation() Operation { return OpGetFileLocations }

// Response is false.
func (*GetFileLocationsRequest) Response() bool { return false }

func (m *GetFileLocationsRequest) read(r *reader) error {
	return readFields(r, m, getFileLocationsFields)
}

func (m *GetFileLocationsRequest) write(w *writer) { writeFields(w, m, getFileLocationsFields) }

// Operation is [OpGetFileLocations].
func (*GetFileLocationsResponse) Operation() Operation { return OpGetFileLocations }

// Response is true.
func (*GetFileLocationsResponse) Response() bool { return true }

func (m *GetFileLocationsResponse) read(r *reader) error {
	return readFields(r, m, getFileLocationsResponseFields)
}

func (m *GetFileLocationsResponse) write(w *writer) {
	writeFields(w, m, getFileLocationsResponseFields)
}

// Operation is [OpReportEventBatch].
func (*ReportEventBatchRequest) Operation() Operation { return OpReportEventBatch }

// Response is false.
func (*ReportEventBatchRequest) Response() bool { return false }

func (m *ReportEventBatchRequest) read(r *reader) error {
	return readFields(r, m, reportEventBatchFields)
}

func (m *ReportEventBatchRequest) write(w *writer) { writeFields(w, m, reportEventBatchFields) }

// Operation is [OpReportEventBatch].
func (*ReportEventBatchResponse) Operation() Operation { return OpReportEventBatch }

// Response is true.
func (*ReportEventBatchResponse) Response() bool { return true }

func (m *ReportEventBatchResponse) read(r *reader) error {
	return readFields(r, m, reportEventBatchResponseFields)
}

func (m *ReportEventBatchResponse) write(w *writer) {
	writeFields(w, m, reportEventBatchResponseFields)
}
