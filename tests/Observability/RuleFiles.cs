using YamlDotNet.Serialization;

namespace DaprShop.Tests;

/// <param name="For">Empty: at once.</param>
internal sealed record Alert(string Name, string Group, string Expression, string For, string Severity, string Summary, string RunbookUrl);

/// <summary>The rules of observability/prometheus, read.</summary>
internal static class RuleFiles
{
    public const string Folder = "observability/prometheus";

    public static IReadOnlyList<string> Rules => Repository.Files($"{Folder}/rules", ".yaml");

    public static IReadOnlyList<string> Tests => Repository.Files($"{Folder}/tests", ".yaml");

    public static IReadOnlyList<Alert> Alerts =>
    [
        .. from file in Rules
           from rule in RulesIn(Repository.Read(file))
           where rule.ContainsKey("alert")
           let labels = Of(rule, "labels")
           let annotations = Of(rule, "annotations")
           select new Alert(
               Text(rule, "alert"), Path.GetFileNameWithoutExtension(file), Text(rule, "expr"), Text(rule, "for"),
               Text(labels, "severity"), Text(annotations, "summary"), Text(annotations, "runbook_url")),
    ];

    /// <summary>What recording rules make, and of what.</summary>
    public static IReadOnlyList<(string Name, string Expression)> Records =>
    [
        .. from file in Rules
           from rule in RulesIn(Repository.Read(file))
           where rule.ContainsKey("record")
           select (Text(rule, "record"), Text(rule, "expr")),
    ];

    /// <summary>A rule file in which every alert has another expression.</summary>
    public static string WithExpressions(string yaml, string expression)
    {
        var document = new Deserializer().Deserialize<Dictionary<string, List<Dictionary<string, object>>>>(yaml);
        foreach (var rule in document["groups"].SelectMany(group => (List<object>)group["rules"]).Cast<Dictionary<object, object>>())
        {
            if (rule.ContainsKey("alert"))
            {
                rule["expr"] = expression;
                rule.Remove("for");
            }
        }

        return new Serializer().Serialize(document);
    }

    private static IEnumerable<Dictionary<object, object>> RulesIn(string yaml) =>
        new Deserializer().Deserialize<Dictionary<string, List<Dictionary<string, object>>>>(yaml)["groups"]
            .SelectMany(group => (List<object>)group["rules"])
            .Cast<Dictionary<object, object>>();

    private static Dictionary<object, object> Of(Dictionary<object, object> rule, string member) =>
        rule.GetValueOrDefault(member) as Dictionary<object, object> ?? [];

    private static string Text(Dictionary<object, object> rule, string member) => rule.GetValueOrDefault(member)?.ToString() ?? "";
}
