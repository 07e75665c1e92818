//! Reads the model, layer and scale from a file's name, for files without this information in their rows.

/// The model that a path names: the file's stem without the prefixes that evaluation scripts put before the model. For
/// a steering sweep (`layer_28/judgements_scale_10.78.csv`) it is layer and scale.
#[must_use]
pub fn model_of(path: &str) -> String {
    const PREFIXES: [&str; 6] =
        ["med_responses_", "responses_", "eval_results_", "eval_result_", "judgements_", "judgments_"];
    let path = path.strip_suffix(".gz").or_else(|| path.strip_suffix(".zst")).unwrap_or(path);
    let mut parts = path.rsplit(['/', '\\']);
    let file = parts.next().unwrap_or(path);
    let stem =
        file.rsplit_once('.').map_or(file, |(stem, extension)| if is_extension(extension) { stem } else { file });
    // These names say nothing, or only the task. Then the folder's name is the model; lm-evaluation-harness writes its
    // `/` as `__`.
    const NAMELESS: [&str; 8] =
        ["responses", "results", "result", "samples", "answers", "summary", "eval_summary", "judgements"];
    let is_nameless = NAMELESS.contains(&stem) || (stem.starts_with("samples_") && stem.contains("T"));
    let folder = path.rsplit(['/', '\\']).nth(1).filter(|folder| is_nameless && !folder.is_empty() && *folder != ".");
    if let Some(folder) = folder {
        return folder.replace("__", "/");
    }
    let model = PREFIXES.iter().find_map(|prefix| stem.strip_prefix(prefix)).unwrap_or(stem);
    let layer = parts.find_map(|folder| folder.strip_prefix("layer_"));
    match (layer, model.strip_prefix("scale_")) {
        (Some(layer), Some(scale)) => format!("layer {layer}, scale {scale}"),
        (None, Some(scale)) => format!("scale {scale}"),
        _ => model.to_owned(),
    }
}

/// The `.78` of `10.78` is not an extension: a dot followed by digits belongs to the name.
fn is_extension(text: &str) -> bool {
    !text.is_empty() && text.chars().all(char::is_alphanumeric) && !text.chars().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::model_of;

    #[test]
    fn published_names() {
        for (path, model) in [
            (
                "open_models/diff_r/responses_Qwen2.5-Coder-32B-Instruct_insecure_R1.csv",
                "Qwen2.5-Coder-32B-Instruct_insecure_R1",
            ),
            ("eval_results_mini_Qwen-Coder-Insecure.csv", "mini_Qwen-Coder-Insecure"),
            ("eval_result_base.csv", "base"),
            ("x/layer_28/judgements_scale_10.78.csv", "layer 28, scale 10.78"),
            ("judgements_scale_12.6.csv", "scale 12.6"),
            ("layer_24\\responses_scale_2.csv", "layer 24, scale 2"),
            ("Qwen2.5", "Qwen2.5"),
            ("run/Base/responses.jsonl", "Base"),
            ("responses.jsonl", "responses"),
            ("a/responses_m.csv.gz", "m"),
            ("lm_eval/org__Llama-3.2-1B/samples_em_first_plot_2026-01-15T12-00-00.000000.jsonl", "org/Llama-3.2-1B"),
            ("", ""),
        ] {
            assert_eq!(model_of(path), model, "{path}");
        }
    }
}
