// What CodeMirror itself says, for readers of Chinese. Keys are its own English.
export const phrases = {
  "zh-hans": {
    Find: "查找", Replace: "替换", next: "下一个", previous: "上一个", all: "全部", "match case": "区分大小写",
    "by word": "整词", regexp: "正则", replace: "替换", "replace all": "全部替换", close: "关闭",
    "current match": "当前匹配", "replaced $ matches": "替换了 $ 处", "replaced match on line $": "替换了第 $ 行的匹配",
    "on line": "位于行", "Go to line": "转到行", go: "转到", "Fold line": "折叠", "Unfold line": "展开",
    "folded code": "已折叠的代码", unfold: "展开", "Control character": "控制字符", "Selection deleted": "已删除所选内容",
    Completions: "补全",
  },
};
