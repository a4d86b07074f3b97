using System.Globalization;
using System.Text.Json.Nodes;
using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests.Rules;

/// <summary>A Configuration for each app: who may call what there, and what of its sidecar it may use, both as the code does.</summary>
internal static class AccessRules
{
    private static readonly Dictionary<string, IReadOnlyList<string>> Blocks = new()
    {
        ["state"] = CallGraph.Apps("DocumentStore ").Append("loyalty").ToList(),
        ["publish"] = [.. CallGraph.Apps("EventPublisher ").Union(CallGraph.Apps("PublishEventAsync("))],
        ["secrets"] = CallGraph.Apps("GetSecretAsync("),
        ["lock"] = CallGraph.Apps("ContentionLock "),
        ["unlock"] = CallGraph.Apps("ContentionLock "),
        ["actors"] = CallGraph.Apps("RegisterActor<"),
        ["jobs"] = CallGraph.Apps("/v1.0/jobs/"),
        ["bindings"] = CallGraph.Apps("/v1.0/bindings/"),
        // The payment service reaches its provider through its sidecar by its settings alone.
        ["invoke"] = [.. CallGraph.All.Select(call => call.Caller), "payment"],
        // Dapr's JavaScript SDK asks for it.
        ["metadata"] = ["loyalty"],
    };

    private static readonly Dictionary<string, string> Secrets = new() { ["gateway"] = "jwt-signing-key", ["payment"] = "provider-webhook-secret" };

    public static IEnumerable<Violation> Check(Cluster cluster)
    {
        foreach (var configuration in cluster.Dapr("Configuration"))
        {
            if (!cluster.AppIds.Contains(configuration.Name))
            {
                yield return Violation.Of("configuration", configuration, "is nobody's");
            }

            foreach (var (rule, what) in Of(cluster, configuration))
            {
                yield return Violation.Of(rule, configuration, what);
            }
        }
    }

    private static IEnumerable<(string Rule, string What)> Of(Cluster cluster, Resource configuration)
    {
        var control = configuration.Root.At("spec", "accessControl");
        if (control.Text("defaultAction") != "deny" || control.Text("trustDomain") != "public")
        {
            yield return ("deny-by-default", "lets in whom it does not name");
        }

        foreach (var policy in control.Items("policies"))
        {
            if (policy.Text("defaultAction") != "deny" || policy.Text("namespace") != "daprshop" || policy.Text("trustDomain") != "public")
            {
                yield return ("deny-by-default", $"{policy.Text("appId")} may do what is not named, or comes from elsewhere");
            }
        }

        if (control.Items("policies").GroupBy(policy => policy.Text("appId")).Any(group => group.Count() > 1))
        {
            yield return ("access", "names a caller twice");
        }

        foreach (var problem in Calls(configuration.Name, control.Items("policies")).Concat(Apis(configuration)).Concat(SecretScopes(configuration)).Concat(Signals(cluster, configuration)))
        {
            yield return problem;
        }
    }

    private static IEnumerable<(string Rule, string What)> Calls(string callee, IReadOnlyList<JsonNode> policies)
    {
        var operations = policies.SelectMany(policy => policy.Items("operations").Select(operation => (Caller: policy.Text("appId"), Operation: operation))).ToList();
        var calls = CallGraph.All.Where(call => call.Callee == callee).ToList();
        foreach (var call in calls.Where(call => !operations.Exists(one => one.Caller == call.Caller && Allows(one.Operation, call.Path, call.Verb))))
        {
            yield return ("access", $"{call.Caller} may not {call.Verb} {call.Path}, which it does");
        }

        foreach (var (caller, operation) in operations)
        {
            foreach (var verb in operation.Texts("httpVerb").Where(verb => !calls.Exists(call => call.Caller == caller && call.Verb == verb && Allows(operation, call.Path, verb))))
            {
                yield return ("access", $"{caller} may {verb} {operation.Text("name")}, which it never does");
            }
        }

        foreach (var caller in policies.Select(policy => policy.Text("appId")).Where(caller => !calls.Exists(call => call.Caller == caller)))
        {
            yield return ("access", $"{caller} never calls it");
        }

        foreach (var (_, operation) in operations.Where(one => one.Operation.Items("httpVerb").Count == 0 || one.Operation.Text("action") != "allow"
            || !one.Operation.Text("name").StartsWith('/') || one.Operation.Text("name").Replace("/**", "", StringComparison.Ordinal).Contains('*', StringComparison.Ordinal)))
        {
            yield return ("access", $"{operation.Text("name")} says it in a way that is read in more than one");
        }
    }

    private static bool Allows(JsonNode operation, string path, string verb)
    {
        var name = operation.Text("name");
        return operation.Texts("httpVerb").Contains(verb)
            && (name.EndsWith("/**", StringComparison.Ordinal) ? path.StartsWith(name[..^2], StringComparison.Ordinal) : name == path);
    }

    private static IEnumerable<(string Rule, string What)> Apis(Resource configuration)
    {
        var allowed = configuration.Root.Items("spec", "api", "allowed");
        var wanted = Blocks.Where(block => block.Value.Contains(configuration.Name)).Select(block => block.Key).Order(StringComparer.Ordinal);
        if (!allowed.Select(rule => rule.Text("name")).Distinct().Order(StringComparer.Ordinal).SequenceEqual(wanted))
        {
            yield return ("apis", $"allows {string.Join(',', allowed.Select(rule => rule.Text("name")).Distinct())}, used are {string.Join(',', wanted)}");
        }

        // A protocol without a rule is open.
        if (!allowed.Any(rule => rule.Text("protocol") == "http") || !allowed.Any(rule => rule.Text("protocol") == "grpc"))
        {
            yield return ("apis", "leaves a protocol open");
        }

        foreach (var rule in allowed.Where(rule => rule.Text("protocol") is not ("http" or "grpc")
            || rule.Text("version") != (rule.Text("name") is "lock" or "unlock" ? "v1alpha1" : "v1")))
        {
            yield return ("apis", $"{rule.Text("name")} {rule.Text("version")} over {rule.Text("protocol")} names nothing");
        }
    }

    private static IEnumerable<(string Rule, string What)> SecretScopes(Resource configuration)
    {
        var scope = configuration.Root.Items("spec", "secrets", "scopes").FirstOrDefault(one => one.Text("storeName") == "secretstore");
        string[] wanted = Secrets.TryGetValue(configuration.Name, out var secret) ? [secret] : [];
        if (scope.Text("defaultAccess") != "deny" || !scope.Texts("allowedSecrets").SequenceEqual(wanted))
        {
            yield return ("secret-scopes", $"may read more or less than {string.Join(',', wanted)}");
        }
    }

    private static IEnumerable<(string Rule, string What)> Signals(Cluster cluster, Resource configuration)
    {
        var spec = configuration.Root.At("spec");
        if (spec.Text("metric", "http", "increasedCardinality") != "false" || spec.Text("metric", "enabled") != "true")
        {
            yield return ("metrics", "has a label for each path, or none at all");
        }

        if (spec.Text("logging", "apiLogging", "obfuscateURLs") != "true")
        {
            yield return ("logs", "writes ids of users and orders into its log");
        }

        if (!double.TryParse(spec.Text("tracing", "samplingRate"), CultureInfo.InvariantCulture, out var rate) || rate is <= 0 or > 1
            || (cluster.IsProduction && spec.Text("tracing", "otel", "endpointAddress").Length == 0))
        {
            yield return ("tracing", "is not traced");
        }
    }
}
