//! Tokens with a role that is known from their spelling, even if the file does not mark them (llama.cpp,
//! `llama_vocab::impl::load`).

use super::vocabulary::Vocabulary;

/// Tokens that end an answer in any model.
const ENDS: [&str; 23] = [
    "<|endoftext|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "<end_of_turn>",
    "<|end|>",
    "</s>",
    "<eos>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "[e~[",
    "<|return|>",
    "<|call|>",
    "<|calls|>",
    "<|flush|>",
    "<turn|>",
    "<|tool_response>",
    "<end_of_utterance>",
    "<\u{ff5c}end\u{2581}of\u{2581}sentence\u{ff5c}>",
    "<|fim_pad|>",
];

/// Tokens of code models that also end an answer, because another file follows.
const FILE_ENDS: [&str; 10] = [
    "<fim-pad>",
    "<fim_pad>",
    "<PAD>",
    "[PAD]",
    "<|fim_repo|>",
    "<|repo_name|>",
    "<fim-repo>",
    "<REPO>",
    "<reponame>",
    "<|file_sep|>",
];

/// Structural tokens of code models.
const CONTROLS: [&str; 24] = [
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<fim-prefix>",
    "<fim-suffix>",
    "<fim-middle>",
    "<fim_prefix>",
    "<fim_suffix>",
    "<fim_middle>",
    "<\u{ff5c}fim\u{2581}begin\u{ff5c}>",
    "<\u{ff5c}fim\u{2581}hole\u{ff5c}>",
    "<\u{ff5c}fim\u{2581}end\u{ff5c}>",
    "<PRE>",
    "<SUF>",
    "<MID>",
    "\u{2581}<PRE>",
    "\u{2581}<SUF>",
    "\u{2581}<MID>",
    "<|code_prefix|>",
    "<|code_suffix|>",
    "<|code_middle|>",
    "<|prefix|>",
    "<|suffix|>",
    "<|middle|>",
];

/// Marks tokens from these lists as control tokens and returns those that end an answer.
pub(super) fn set_controls(vocabulary: &mut Vocabulary) -> Vec<u32> {
    let ends: Vec<u32> = ENDS.iter().chain(&FILE_ENDS).filter_map(|name| vocabulary.find(name.as_bytes())).collect();
    let controls = CONTROLS.iter().filter_map(|name| vocabulary.find(name.as_bytes()));
    for id in ends.iter().copied().chain(controls.collect::<Vec<u32>>()) {
        vocabulary.set_control(id);
    }
    ends
}
