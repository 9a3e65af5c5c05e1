//! The template as a tree, with CloudFormation's tags as they are written.

use std::fmt;

use saphyr::{LoadableYamlNode, Scalar, Yaml};

/// A value of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
    /// `!Tag value`.
    Tagged(String, Box<Node>),
}

/// The permission that a policy's statement gives.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) actions: Vec<String>,
    pub(super) resources: Vec<String>,
    /// Its conditions, as they are written.
    pub(super) only: Vec<String>,
}

pub(super) fn parse(text: &str) -> Node {
    let documents = Yaml::load_from_str(text).unwrap();
    assert_eq!(documents.len(), 1, "a template is one document");
    Node::of(&documents[0])
}

impl Node {
    fn of(yaml: &Yaml<'_>) -> Self {
        match yaml {
            Yaml::Value(Scalar::String(text)) => Self::Text(text.to_string()),
            Yaml::Value(Scalar::Integer(number)) => Self::Text(number.to_string()),
            Yaml::Value(Scalar::Boolean(truth)) => Self::Text(truth.to_string()),
            Yaml::Sequence(items) => Self::List(items.iter().map(Self::of).collect()),
            Yaml::Mapping(entries) => {
                let entry = |(key, value)| (Self::of(key).to_string(), Self::of(value));
                Self::Map(entries.iter().map(entry).collect())
            }
            Yaml::Tagged(tag, value) => Self::Tagged(tag.suffix.to_string(), Box::new(Self::of(value))),
            other => panic!("no template needs {other:?}"),
        }
    }

    /// The value at this path of keys, where there is one.
    pub(super) fn find(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |node, key| match node {
            Self::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        })
    }

    #[track_caller]
    pub(super) fn at(&self, path: &str) -> &Self {
        self.find(path).unwrap_or_else(|| panic!("the template has no {path}"))
    }

    /// The value at this path as it is written.
    #[track_caller]
    pub(super) fn text(&self, path: &str) -> String {
        self.at(path).to_string()
    }

    #[track_caller]
    pub(super) fn number(&self, path: &str) -> u64 {
        self.text(path).parse().unwrap_or_else(|_| panic!("{path} is no number"))
    }

    #[track_caller]
    pub(super) fn entries(&self, path: &str) -> &[(String, Node)] {
        match self.at(path) {
            Self::Map(entries) => entries,
            _ => panic!("{path} is no map"),
        }
    }

    /// One or several, as policies have it.
    pub(super) fn items(&self) -> Vec<&Self> {
        match self {
            Self::List(items) => items.iter().collect(),
            one => vec![one],
        }
    }

    /// The statements of a policy document.
    pub(super) fn statements(&self) -> Vec<Statement> {
        self.at("Statement").items().into_iter().map(Statement::of).collect()
    }
}

impl Statement {
    fn of(node: &Node) -> Self {
        if let Node::Tagged(tag, chosen) = node {
            let items = chosen.items();
            assert_eq!((tag.as_str(), items.len()), ("If", 3), "{node}");
            assert_eq!(items[2].to_string(), "!Ref AWS::NoValue");
            let mut statement = Self::of(items[1]);
            statement.only.push(format!("if {}", items[0]));
            return statement;
        }
        assert_eq!(node.text("Effect"), "Allow");
        let written = |path| node.at(path).items().into_iter().map(ToString::to_string).collect();
        let only = node.find("Condition").map(|condition| format!("where {condition}"));
        Self { actions: written("Action"), resources: written("Resource"), only: only.into_iter().collect() }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
            Self::Map(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{key}: {value}")).collect();
                write!(f, "{{{}}}", entries.join(", "))
            }
            Self::Tagged(tag, value) => write!(f, "!{tag} {value}"),
        }
    }
}

#[test]
fn tags_are_kept_as_they_are_written() {
    let node = parse(
        "a: !Ref B\nb: [!GetAtt C.Arn, !Sub \"${D}/*\", 3, true, \"4\"]\nc:\n  !If [E, {f: g}, !Ref H]\n",
    );
    assert_eq!(
        node.to_string(),
        "{a: !Ref B, b: [!GetAtt C.Arn, !Sub ${D}/*, 3, true, 4], c: !If [E, {f: g}, !Ref H]}"
    );
}
