BEGIN TRANSACTION;
CREATE TABLE clips (
	id VARCHAR NOT NULL, 
	recording INTEGER NOT NULL, 
	start FLOAT, 
	"end" FLOAT, 
	who VARCHAR NOT NULL, 
	person VARCHAR NOT NULL, 
	text VARCHAR NOT NULL, 
	language VARCHAR NOT NULL, 
	words JSON NOT NULL, 
	modalities JSON NOT NULL, 
	quality JSON NOT NULL, 
	refused JSON NOT NULL, 
	kin VARCHAR NOT NULL, 
	split VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(recording) REFERENCES recordings (id) ON DELETE CASCADE
);
CREATE TABLE drafts (
	clip VARCHAR NOT NULL, 
	bundle VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	label VARCHAR NOT NULL, 
	scores JSON NOT NULL, 
	opinions JSON NOT NULL, 
	valence FLOAT, 
	arousal FLOAT, 
	uncertain BOOLEAN NOT NULL, 
	PRIMARY KEY (clip, bundle), 
	FOREIGN KEY(clip) REFERENCES clips (id) ON DELETE CASCADE
);
CREATE TABLE draws (
	round INTEGER NOT NULL, 
	clip VARCHAR NOT NULL, 
	position INTEGER NOT NULL, 
	why VARCHAR NOT NULL, 
	PRIMARY KEY (round, clip), 
	UNIQUE (round, position), 
	FOREIGN KEY(clip) REFERENCES clips (id) ON DELETE CASCADE
);
CREATE TABLE fingerprints (
	clip VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	bits BLOB NOT NULL, 
	PRIMARY KEY (clip, kind), 
	FOREIGN KEY(clip) REFERENCES clips (id) ON DELETE CASCADE
);
CREATE TABLE mien_schema (
	kind VARCHAR NOT NULL, 
	version INTEGER NOT NULL
);
INSERT INTO "mien_schema" VALUES('mien.set',1);
CREATE TABLE people (
	person VARCHAR NOT NULL, 
	gender VARCHAR NOT NULL, 
	age VARCHAR NOT NULL, 
	scope VARCHAR NOT NULL, 
	until VARCHAR, 
	withdrawn VARCHAR, 
	reference VARCHAR NOT NULL, 
	PRIMARY KEY (person)
);
CREATE TABLE recordings (
	id INTEGER NOT NULL, 
	path VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	sha256 VARCHAR NOT NULL, 
	seconds FLOAT NOT NULL, 
	kind VARCHAR NOT NULL, 
	licence VARCHAR NOT NULL, 
	why VARCHAR NOT NULL, 
	collected VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (sha256)
);
CREATE TABLE states (
	clip VARCHAR NOT NULL, 
	modality VARCHAR NOT NULL, 
	bundle VARCHAR NOT NULL, 
	"values" BLOB NOT NULL, 
	PRIMARY KEY (clip, modality), 
	FOREIGN KEY(clip) REFERENCES clips (id) ON DELETE CASCADE
);
CREATE TABLE votes (
	id INTEGER NOT NULL, 
	clip VARCHAR NOT NULL, 
	annotator VARCHAR NOT NULL, 
	round INTEGER NOT NULL, 
	labels JSON NOT NULL, 
	valence FLOAT, 
	arousal FLOAT, 
	words VARCHAR NOT NULL, 
	cannot_tell BOOLEAN NOT NULL, 
	comment VARCHAR NOT NULL, 
	start FLOAT, 
	"end" FLOAT, 
	seconds FLOAT NOT NULL, 
	drafts_shown BOOLEAN NOT NULL, 
	purpose VARCHAR NOT NULL, 
	shown JSON NOT NULL, 
	time VARCHAR NOT NULL, 
	undone VARCHAR, 
	PRIMARY KEY (id), 
	FOREIGN KEY(clip) REFERENCES clips (id) ON DELETE CASCADE
);
CREATE INDEX ix_clips_person ON clips (person);
CREATE INDEX ix_clips_recording ON clips (recording);
CREATE INDEX ix_clips_kin ON clips (kin);
CREATE INDEX ix_votes_clip ON votes (clip);
CREATE INDEX ix_votes_annotator ON votes (annotator);
COMMIT;
