//! A stack as AWS describes it, read from what the command line prints as text.

/// Asks for a stack's state, its parameters and its outputs, as rows of three: kind, name and value.
pub(super) const QUERY: &str = "Stacks[0].[[['state','',StackStatus]],Parameters[].['parameter',ParameterKey,ParameterValue],Outputs[].['output',OutputKey,OutputValue]][]";

/// Asks for events, the newest first.
pub(super) const EVENTS: &str =
    "StackEvents[].[EventId,LogicalResourceId,ResourceStatus,ResourceStatusReason]";

/// A stack as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stack {
    /// CloudFormation's word for its state.
    state: String,
    parameters: Vec<(String, String)>,
    outputs: Vec<(String, String)>,
}

impl Stack {
    /// From the answer to [`QUERY`].
    pub(super) fn read(text: &str) -> Self {
        let mut stack = Self::default();
        for line in text.lines() {
            let mut cells = line.splitn(3, '\t').map(str::to_owned);
            let mut cell = || cells.next().unwrap_or_default();
            let (kind, name, value) = (cell(), cell(), cell());
            match kind.as_str() {
                "state" => stack.state = value,
                "parameter" => stack.parameters.push((name, value)),
                "output" => stack.outputs.push((name, value)),
                _ => {}
            }
        }
        stack
    }

    /// A parameter's value.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        value(&self.parameters, name)
    }

    /// An output's value; a stack whose creation failed has none.
    pub(super) fn output(&self, name: &str) -> Option<&str> {
        value(&self.outputs, name)
    }

    /// Whether a template can be deployed on it; else a sentence that says what has to be done first.
    pub(super) fn can_be_updated(&self, name: &str) -> Result<(), String> {
        let state = self.state.as_str();
        let first = match state {
            // A change that was looked at and never made.
            "REVIEW_IN_PROGRESS" => return Ok(()),
            "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" | "DELETE_FAILED" => {
                format!(
                    "nothing can be deployed on that; remove it with `cargo xtask destroy --stack {name}`, then deploy"
                )
            }
            "UPDATE_ROLLBACK_FAILED" => format!(
                "its last update could be neither made nor undone; mend what failed, then \
                 `aws cloudformation continue-update-rollback --stack-name {name}`"
            ),
            _ if state.ends_with("_IN_PROGRESS") => "it is being changed: wait until that is done".to_owned(),
            _ => return Ok(()),
        };
        Err(format!("the stack {name} is in the state {state}: {first}"))
    }
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

/// The failures after an event, from the answer to [`EVENTS`], the first first. A resource that was given up
/// because something else had failed is left out.
pub(super) fn failures(events: &str, before: Option<&str>) -> Vec<String> {
    let mut failures: Vec<String> = events
        .lines()
        .map(|line| line.splitn(4, '\t').collect::<Vec<_>>())
        .take_while(|cells| cells.first().copied() != before)
        .filter_map(|cells| match cells[..] {
            [_, resource, state, reason] if state.contains("FAILED") && !reason.contains("cancelled") => {
                Some(format!("{resource}: {state}: {reason}"))
            }
            _ => None,
        })
        .collect();
    failures.reverse();
    failures
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "state\t\tCREATE_COMPLETE\nparameter\tBucket\tlogs\noutput\tOptions\t--backend aws --x\n\
                         parameter\tPrefix\t";

    #[test]
    fn a_stack_is_read_as_it_is_printed() {
        let stack = Stack::read(WHOLE);
        assert_eq!((stack.parameter("Bucket"), stack.parameter("Prefix")), (Some("logs"), Some("")));
        assert_eq!((stack.output("Options"), stack.output("Bucket")), (Some("--backend aws --x"), None));
        // The last cell is empty, and its tab goes with the space around an answer.
        assert_eq!(Stack::read("state\t\tX\nparameter\tPrefix").parameter("Prefix"), Some(""));
    }

    #[track_caller]
    fn check(state: &str, expected: Result<(), &str>) {
        let told = Stack::read(&format!("state\t\t{state}")).can_be_updated("w");
        match (told, expected) {
            (Err(told), Err(part)) => assert!(told.contains(part) && told.contains(state), "{told}"),
            (told, expected) => assert_eq!(told, expected.map_err(str::to_owned)),
        }
    }

    #[test]
    fn a_stack_that_can_not_be_updated_says_what_has_to_be_done() {
        check("CREATE_COMPLETE", Ok(()));
        check("UPDATE_ROLLBACK_COMPLETE", Ok(()));
        check("REVIEW_IN_PROGRESS", Ok(()));
        check("ROLLBACK_COMPLETE", Err("remove it with `cargo xtask destroy --stack w`"));
        check("DELETE_FAILED", Err("remove it with `cargo xtask destroy --stack w`"));
        check("UPDATE_IN_PROGRESS", Err("wait until that is done"));
        check("UPDATE_ROLLBACK_FAILED", Err("continue-update-rollback --stack-name w"));
    }

    #[test]
    fn only_what_failed_by_itself_and_now_is_told() {
        let events = "5\tw\tROLLBACK_COMPLETE\tNone\n4\tCascadeLogs\tCREATE_FAILED\tResource creation cancelled\n\
                      3\tResults\tCREATE_FAILED\tToo many buckets\n2\tw\tCREATE_IN_PROGRESS\tUser Initiated\n\
                      1\tOld\tCREATE_FAILED\tlong ago";
        assert_eq!(failures(events, Some("2")), ["Results: CREATE_FAILED: Too many buckets"]);
        assert_eq!(failures(events, None).len(), 2);
        assert!(failures("", None).is_empty());
    }
}
