//! PEFT's `adapter_config.json`: its scale, and every setting that would change the results.

use miniserde::json::Value;

use super::AdapterError;
use askew_json as json;

/// Longest configuration accepted in bytes. Real ones have one or two kilobytes.
const MAX_CONFIG_BYTES: usize = 1 << 20;

/// Keys without an effect on the results after training. The tensors themselves show what is adapted, so the lists of
/// modules and layers are here. So are numbers that only have an effect together with a switch that is refused.
const IRRELEVANT: [&str; 22] = [
    "auto_mapping",
    "base_model_name_or_path",
    "corda_config",
    "eva_config",
    "exclude_modules",
    "inference_mode",
    "layers_pattern",
    "layers_to_transform",
    "loftq_config",
    "lora_dropout",
    "lora_ga_config",
    "megatron_core",
    "peft_version",
    "qalora_group_size",
    "revision",
    "runtime_config",
    "target_modules",
    "task_type",
    // Read below.
    "lora_alpha",
    "peft_type",
    "r",
    "use_rslora",
];

/// Initialisations that leave the model's own weights unchanged. The others (PiSSA, OLoRA, CorDA, LoftQ) subtract
/// something from the weights, which the user's model file still contains.
const HARMLESS_STARTS: [&str; 3] = ["gaussian", "eva", "orthogonal"];

/// The factor of the adapter's product.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scaling {
    /// alpha / rank.
    Rank(f32),
    /// alpha / sqrt(rank).
    Root(f32),
    /// 1: how llama.cpp reads a file without alpha, or with alpha 0.
    One,
}

impl Scaling {
    pub(super) fn of(self, rank: usize) -> f32 {
        match self {
            Self::Rank(alpha) => alpha / rank as f32,
            Self::Root(alpha) => alpha / (rank as f32).sqrt(),
            Self::One => 1.0,
        }
    }
}

/// The contents of a configuration that can be used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PeftConfig {
    pub(super) rank: u64,
    pub(super) scaling: Scaling,
}

impl PeftConfig {
    /// Reads a configuration. Any unknown setting that is switched on is refused, and the error names it.
    pub(super) fn parse(json: &[u8]) -> Result<Self, AdapterError> {
        if json.len() > MAX_CONFIG_BYTES {
            return Err(AdapterError::Format("its configuration is longer than a megabyte".to_owned()));
        }
        let keys = json::object(json)
            .ok_or_else(|| AdapterError::Format("its adapter_config.json is not a JSON object".to_owned()))?;
        match keys.get("peft_type") {
            Some(Value::String(kind)) if kind == "LORA" => {}
            other => return Err(refuse("peft_type", &format!("is {}; only \"LORA\" can be used", show(other)))),
        }
        for (key, value) in &keys {
            let is_fine = match key.as_str() {
                "bias" => json::text(value) == Some("none"),
                "init_lora_weights" => match value {
                    Value::Bool(_) => true,
                    value => json::text(value).is_some_and(|start| HARMLESS_STARTS.contains(&start)),
                },
                key => is_off(value) || IRRELEVANT.contains(&key),
            };
            if !is_fine {
                return Err(refuse(key, &format!("is {}, which cannot be run", show(Some(value)))));
            }
        }
        let rank = keys.get("r").and_then(json::whole).filter(|&rank| rank > 0);
        let rank = rank.ok_or_else(|| refuse("r", &format!("is {}, not a rank", show(keys.get("r")))))?;
        #[expect(clippy::cast_possible_truncation, reason = "alpha is a small number; infinity is refused")]
        let alpha = keys.get("lora_alpha").and_then(json::number).map(|alpha| alpha as f32);
        let alpha = alpha.filter(|alpha| alpha.is_finite());
        let alpha =
            alpha.ok_or_else(|| refuse("lora_alpha", &format!("is {}, not a number", show(keys.get("lora_alpha")))))?;
        let scaling = match keys.get("use_rslora") {
            None | Some(Value::Null | Value::Bool(false)) => Scaling::Rank(alpha),
            Some(Value::Bool(true)) => Scaling::Root(alpha),
            other => return Err(refuse("use_rslora", &format!("is {}, not true or false", show(other)))),
        };
        Ok(Self { rank, scaling })
    }
}

/// Whether a value means that a setting of PEFT is off.
fn is_off(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// Formats a value for a message, shortened if it is long.
fn show(value: Option<&Value>) -> String {
    const MOST: usize = 60;
    match value {
        None => "missing".to_owned(),
        Some(Value::Array(list)) => format!("a list of {}", list.len()),
        Some(Value::Object(map)) => {
            let keys: Vec<&str> = map.keys().take(3).map(|key| key.get(..MOST).unwrap_or(key)).collect();
            format!("a table ({}{})", keys.join(", "), if map.len() > 3 { ", ..." } else { "" })
        }
        Some(Value::String(text)) => format!("\"{}\"", text.chars().take(MOST).collect::<String>()),
        Some(Value::Bool(flag)) => if *flag { "on" } else { "off" }.to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Null) => "empty".to_owned(),
    }
}

fn refuse(key: &str, problem: &str) -> AdapterError {
    AdapterError::Config { key: key.chars().take(100).collect(), problem: problem.to_owned() }
}
