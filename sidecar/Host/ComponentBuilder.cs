using Sidecar.Components;
using Sidecar.Components.Secrets;
using Sidecar.Configuration;

namespace Sidecar.Host;

/// <summary>Makes drivers from component documents; what is wrong is told at the line where it stands.</summary>
internal sealed class ComponentBuilder(ComponentContext context, Func<string, ComponentFactory?> findFactory)
{
    /// <summary>Everything that can be checked without I/O. Null with errors, or when the document's secrets have to be read first.</summary>
    public LoadedComponent? Plan(ComponentDocument document, ICollection<ConfigurationError> errors)
    {
        if (findFactory(document.Type) is not { } factory)
        {
            errors.Add(UnknownType(document));
        }
        else if (document.Version != "v1")
        {
            errors.Add(new ConfigurationError(
                document.File, document.VersionLine, "spec.version", $"'{document.Version}' of {document.Type} is not known; known: v1"));
        }
        else if (!document.HasSecrets)
        {
            return Build(document, factory, Values(document), errors);
        }

        return null;
    }

    /// <summary>Null with errors when a secret is missing or the values it completes are wrong. Throws <see cref="ComponentException"/>.</summary>
    public async Task<LoadedComponent?> BuildWithSecretsAsync(
        ComponentDocument document, ComponentRegistry components, List<ConfigurationError> errors, CancellationToken cancellationToken)
    {
        if (components.Find<ISecretStore>(document.SecretStore ?? "") is not { } store)
        {
            throw new ComponentException(ComponentFault.Failed, $"its secret store {document.SecretStore} is not available");
        }

        var values = Values(document);
        foreach (var item in document.Metadata.Where(item => item.Secret is not null))
        {
            var secret = await store.GetAsync(item.Secret!.Name, cancellationToken);
            if (secret.TryGetValue(item.Secret.Key, out var value))
            {
                values[item.Name] = value;
            }
            else
            {
                errors.Add(new ConfigurationError(
                    document.File, item.Line, item.Path, $"secret {item.Secret.Name} of {document.SecretStore} has no key {item.Secret.Key}"));
            }
        }

        return errors.Count > 0 ? null : Build(document, findFactory(document.Type)!, values, errors);
    }

    private LoadedComponent? Build(
        ComponentDocument document, ComponentFactory factory, IReadOnlyDictionary<string, string> values, ICollection<ConfigurationError> errors)
    {
        var spec = new ComponentSpec(
            document.Name, document.Type, document.Version, values, document.IgnoreErrors, document.InitTimeout, document.File);
        var problems = new List<string>();
        var instance = factory(spec, context, problems);
        foreach (var problem in problems)
        {
            errors.Add(At(document, problem));
        }

        return instance is null || problems.Count > 0 ? null : new LoadedComponent(spec, instance);
    }

    // Components match the names of their metadata in any case (dapr-contract.md 3.2).
    private static Dictionary<string, string> Values(ComponentDocument document)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var item in document.Metadata)
        {
            values[item.Name] = item.Value;
        }

        return values;
    }

    private static ConfigurationError UnknownType(ComponentDocument document)
    {
        var nearest = NearestName.Of(document.Type, ComponentCatalog.Types);
        return new ConfigurationError(
            document.File,
            document.TypeLine,
            "spec.type",
            $"'{document.Type}' is not a known component type{(nearest is null ? "" : $"; did you mean '{nearest}'?")}; known: {string.Join(", ", ComponentCatalog.Types)}");
    }

    // Drivers begin a problem with the member it is about, so it can be shown at that member's own line.
    private static ConfigurationError At(ComponentDocument document, string problem)
    {
        var path = problem.Split(':', 2) is [var member, _] && !member.Contains(' ', StringComparison.Ordinal) ? member : "";
        var name = path[(path.LastIndexOf('.') + 1)..];
        var item = document.Metadata.FirstOrDefault(item => item.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        return path.Length == 0
            ? new ConfigurationError(document.File, document.TypeLine, "spec.metadata", problem)
            : new ConfigurationError(document.File, item?.Line ?? document.TypeLine, $"spec.metadata.{name}", problem[(path.Length + 1)..].TrimStart());
    }
}
