using System.Globalization;
using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests.Rules;

/// <summary>The annotations that the injector reads, and how the drain adds up.</summary>
internal static class SidecarRules
{
    /// <summary>How long a .NET host gives the requests that it has in hand.</summary>
    private const double HostSeconds = 30;

    // Those of 1.16 that an app of this shop could want; newer ones would be ignored there.
    private static readonly HashSet<string> Known = new(
    [
        "api-token-secret", "app-channel-address", "app-health-check-path", "app-health-probe-interval", "app-health-probe-timeout",
        "app-health-threshold", "app-id", "app-max-concurrency", "app-port", "app-protocol", "app-token-secret", "block-shutdown-duration",
        "config", "disable-builtin-k8s-secret-store", "enable-api-logging", "enable-app-health-check", "enable-metrics", "enabled", "env",
        "graceful-shutdown-seconds", "http-max-request-size", "log-as-json", "log-level", "max-body-size", "metrics-port", "read-buffer-size",
        "sidecar-cpu-limit", "sidecar-cpu-request", "sidecar-listen-addresses", "sidecar-memory-limit", "sidecar-memory-request",
        "sidecar-seccomp-profile-type", "volume-mounts",
    ]);

    private static readonly (string Name, string Value)[] Fixed =
    [
        ("app-protocol", "http"), ("log-as-json", "true"), ("disable-builtin-k8s-secret-store", "true"), ("enable-app-health-check", "true"),
        ("app-health-check-path", "/alive"), ("sidecar-seccomp-profile-type", "RuntimeDefault"), ("sidecar-listen-addresses", "[::1],127.0.0.1"),
    ];

    public static IEnumerable<Violation> Check(Cluster cluster)
    {
        foreach (var workload in cluster.Workloads)
        {
            foreach (var (name, _) in workload.Resource.Root.Members("spec", "template", "metadata", "annotations"))
            {
                if (name.StartsWith("dapr.io/", StringComparison.Ordinal) && !Known.Contains(name["dapr.io/".Length..]))
                {
                    yield return Violation.Of("annotation", workload.Resource, name);
                }
            }
        }

        foreach (var workload in cluster.Workloads.Where(one => one.App.Length > 0 && !one.HasSidecar))
        {
            yield return Violation.Of("sidecar", workload.Resource, "has no sidecar");
        }

        foreach (var app in cluster.Apps)
        {
            foreach (var (rule, what) in Of(cluster, app))
            {
                yield return Violation.Of(rule, app.Resource, what);
            }
        }

        // A canary goes by the name of what it may replace, and nothing else shares one.
        foreach (var twins in cluster.Apps.Where(app => app.Name == app.App || !app.Name.StartsWith(app.App + "-", StringComparison.Ordinal))
            .GroupBy(app => app.Annotation("app-id")).Where(group => group.Count() > 1))
        {
            yield return new Violation("app-id", twins.Key, "is the id of two apps");
        }
    }

    private static IEnumerable<(string Rule, string What)> Of(Cluster cluster, Workload app)
    {
        if (app.Annotation("app-id") != app.App || app.Pod.Text("serviceAccountName") != app.App)
        {
            yield return ("app-id", "differs from its label or its account");
        }

        if (app.Annotation("app-port") != app.Port("http")?.ToString(CultureInfo.InvariantCulture))
        {
            yield return ("app-port", "is not the port that its container opens");
        }

        if (app.Annotation("config") != app.App || !cluster.Dapr("Configuration").Any(one => one.Name == app.App))
        {
            yield return ("configuration", "has none of its own");
        }

        foreach (var (name, value) in Fixed.Where(one => app.Annotation(one.Name) != one.Value))
        {
            yield return ("sidecar-value", $"{name} is not {value}");
        }

        foreach (var (annotation, variable) in new[] { ("api-token-secret", "DAPR_API_TOKEN"), ("app-token-secret", "APP_API_TOKEN") })
        {
            var reference = app.Env.FirstOrDefault(one => one.Text("name") == variable).At("valueFrom", "secretKeyRef");
            if (app.Annotation(annotation).Length == 0 || reference.Text("name") != app.Annotation(annotation) || reference.Text("key") != "token")
            {
                yield return ("tokens", $"{variable} and {annotation} are not the same token");
            }
        }

        if (app.EnvValue("APP_ADDRESS") != "0.0.0.0")
        {
            yield return ("listens", "cannot be probed from outside its pod");
        }

        foreach (var problem in Memory(app).Concat(Drain(app)))
        {
            yield return problem;
        }
    }

    private static IEnumerable<(string Rule, string What)> Memory(Workload app)
    {
        foreach (var name in new[] { "sidecar-cpu-request", "sidecar-memory-request", "sidecar-memory-limit" }.Where(name => app.Annotation(name).Length == 0))
        {
            yield return ("sidecar-resources", $"{name} is missing");
        }

        var limit = app.Annotation("sidecar-memory-limit");
        var soft = app.Annotation("env").Replace("GOMEMLIMIT=", "", StringComparison.Ordinal).Replace("iB", "i", StringComparison.Ordinal);
        if (limit.Length > 0 && (soft.Length == 0 || PodRules.Bytes(soft) / PodRules.Bytes(limit) is < 0.8 or > 0.95))
        {
            yield return ("sidecar-resources", "GOMEMLIMIT is not about nine tenths of the limit");
        }
    }

    private static IEnumerable<(string Rule, string What)> Drain(Workload app)
    {
        var pause = app.Container.Number("lifecycle", "preStop", "sleep", "seconds") ?? 0;
        var block = Durations.Seconds(app.Annotation("block-shutdown-duration"));
        var graceful = Durations.Seconds(app.Annotation("graceful-shutdown-seconds") + "s");
        var whole = app.Pod.Number("terminationGracePeriodSeconds") ?? 0;
        if (pause < 5 || block is null || graceful is null or 0 || block < pause + HostSeconds || whole <= block + graceful)
        {
            yield return ("drain", $"{pause} s pause, {block} s for the app, {graceful} s for the sidecar, {whole} s in all");
        }
    }
}
