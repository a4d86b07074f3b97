namespace Sidecar.Configuration;

/// <summary>
/// Reads the resource folders and --config files of one sidecar (dapr-contract.md 3). daprd logs and skips a malformed
/// document; here every mistake of every file is an error, because an application that starts without one of its
/// subscriptions loses messages silently.
/// </summary>
internal sealed class ResourceLoader(ResourceScope scope, ICollection<ConfigurationError> errors)
{
    private static readonly string[] Kinds = ["Component", "Subscription", "Resiliency", "Configuration", "HTTPEndpoint"];

    private readonly List<ComponentDocument> _components = [];
    private readonly HashSet<string> _componentsElsewhere = new(StringComparer.Ordinal);
    private readonly List<SubscriptionSpec> _subscriptions = [];
    private readonly List<HttpEndpointDocument> _endpoints = [];
    private readonly List<ConfigurationError> _warnings = [];
    private readonly ResiliencyReader _resiliency = new();
    private readonly Dictionary<string, string> _readOnce = new(StringComparer.Ordinal);
    private ConfigurationSpec _configuration = new();

    public SidecarResources Load(IEnumerable<string> folders, IEnumerable<string> configFiles)
    {
        foreach (var folder in folders)
        {
            ReadFolder(folder);
        }

        foreach (var file in configFiles)
        {
            ReadConfigFile(file);
        }

        var resiliency = _resiliency.Finish();
        CheckSecretStores();
        CheckPipelines();
        return new SidecarResources(_components, _subscriptions, resiliency, _configuration, _warnings)
        {
            HttpEndpoints = _endpoints,
            ReadOnce = _readOnce,
        };
    }

    private void ReadFolder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            errors.Add(new ConfigurationError(folder, 0, "resources-path", "this folder does not exist"));
            return;
        }

        var files = Directory.EnumerateFiles(folder)
            .Where(file => Path.GetExtension(file) is ".yaml" or ".yml")
            .Order(StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (ReadText(file) is { } text)
            {
                var isFirst = true;
                foreach (var document in YamlDocuments.Read(file, text, errors, _warnings))
                {
                    ReadResource(document, isFirst);
                    isFirst = false;
                }
            }
        }
    }

    private void ReadResource(YamlMember document, bool isFirst)
    {
        if (!IsDaprDocument(document, out var kind, out var version))
        {
            return;
        }

        var included = scope.Includes(document);
        switch (kind, version)
        {
            case ("Component", "dapr.io/v1alpha1"):
                var component = ComponentReader.Read(document, scope);
                if (included)
                {
                    Add(component);
                }
                else
                {
                    _componentsElsewhere.Add(component.Name);
                }

                break;
            case ("Subscription", "dapr.io/v1alpha1" or "dapr.io/v2alpha1"):
                var subscription = SubscriptionReader.Read(document);
                if (included)
                {
                    _subscriptions.Add(subscription);
                }

                break;
            case ("Resiliency", "dapr.io/v1alpha1"):
                if (!isFirst)
                {
                    document["kind"].Error("a Resiliency has to be the first document of its file: daprd reads no other");
                }

                if (included)
                {
                    _resiliency.Read(document);
                    Note(kind, document);
                }

                break;
            case ("HTTPEndpoint", "dapr.io/v1alpha1"):
                var endpoint = HttpEndpointReader.Read(document);
                if (included)
                {
                    Add(endpoint);
                    Note(kind, document);
                }

                break;
            case ("Configuration", "dapr.io/v1alpha1"):
                // It counts only when --config names its file.
                break;
            default:
                document["apiVersion"].Error($"'{version}' is not an apiVersion of {kind}");
                break;
        }
    }

    private void ReadConfigFile(string file)
    {
        if (ReadText(file) is not { } text)
        {
            return;
        }

        foreach (var document in YamlDocuments.Read(file, ConfigurationReader.Expand(text, scope.Environment), errors, _warnings))
        {
            if (IsDaprDocument(document, out var kind, out _) && kind == "Configuration")
            {
                _configuration = ConfigurationReader.Read(document, _configuration);
                Note(kind, document);
            }
        }
    }

    private void Note(string kind, YamlMember document) =>
        _readOnce[kind] = $"{_readOnce.GetValueOrDefault(kind)} {document["metadata"]["name"].Content} {document["spec"].Content} {document["auth"].Content}";

    // Files of other tools may lie in the same folder: what does not claim to be Dapr's is not ours to judge.
    private static bool IsDaprDocument(YamlMember document, out string kind, out string version)
    {
        (kind, version) = ("", "");
        if (!document.IsMapping)
        {
            document.Error("is not a mapping with apiVersion and kind");
            return false;
        }

        kind = document["kind"].Text() ?? "";
        version = document["apiVersion"].Text() ?? "";
        if (version.Length == 0 && Kinds.Contains(kind))
        {
            document["apiVersion"].Error("is required");
            return false;
        }

        if (version.StartsWith("dapr.io/", StringComparison.Ordinal) && !Kinds.Contains(kind))
        {
            var nearest = NearestName.Of(kind, Kinds);
            document["kind"].Warn($"'{kind}' is not a known kind; the document is skipped{(nearest is null ? "" : $"; did you mean '{nearest}'?")}");
            return false;
        }

        return version.StartsWith("dapr.io/", StringComparison.Ordinal);
    }

    private void Add(ComponentDocument component)
    {
        if (_components.Find(other => other.Name == component.Name && other.Name.Length > 0) is { } first)
        {
            errors.Add(new ConfigurationError(
                component.File, component.Line, "metadata.name", $"'{component.Name}' is already the name of the component in {first.File}:{first.Line}"));
            return;
        }

        _components.Add(component);
    }

    private void Add(HttpEndpointDocument endpoint)
    {
        if (_endpoints.Find(other => other.Name == endpoint.Name && other.Name.Length > 0) is { } first)
        {
            errors.Add(new ConfigurationError(
                endpoint.File, endpoint.Line, "metadata.name", $"'{endpoint.Name}' is already the name of the HTTPEndpoint in {first.File}:{first.Line}"));
            return;
        }

        _endpoints.Add(endpoint);
    }

    private void CheckSecretStores()
    {
        foreach (var component in _components.Where(component => component.HasSecrets && component.SecretStore is { Length: > 0 }))
        {
            if (!_components.Exists(other => other.Name == component.SecretStore && other.IsSecretStore))
            {
                errors.Add(new ConfigurationError(
                    component.File, component.Line, "auth.secretStore", $"there is no secret store '{component.SecretStore}' for app {scope.AppId}"));
            }
        }
    }

    // daprd runs a pipeline without the steps that it does not find; a gate that is missing by a mistyped name would stay open.
    private void CheckPipelines()
    {
        foreach (var handler in _configuration.HttpPipeline.Concat(_configuration.AppHttpPipeline))
        {
            if (handler.Check(_components, _componentsElsewhere) is { } error)
            {
                errors.Add(error);
            }
        }
    }

    private string? ReadText(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            errors.Add(new ConfigurationError(file, 0, "file", $"cannot be read: {exception.Message}"));
            return null;
        }
    }
}
