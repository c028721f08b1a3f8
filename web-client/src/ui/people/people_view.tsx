// The people of one's list, and who asks to see one's presence. SPDX-License-Identifier: MIT
import type { Account } from '../../model/views';
import { Button, IconButton } from '../common/button';
import { Icon } from '../common/icon';
import { Menu } from '../common/menu';
import { SearchField } from '../common/search_field';
import { Spinner } from '../common/spinner';
import { showAddPerson, showDecisions, showGroupName } from '../parts';
import { t } from '../texts';
import { PeopleList } from './people_list';
import './people.css';
import { Requests } from './requests';

function Nobody({ account }: { account: Account }) {
  return (
    <div class="empty">
      <Icon name="people" />
      <h3>{t('people.emptyTitle')}</h3>
      <p>{t('people.empty')}</p>
      <Button kind="primary" icon="person-add" onClick={() => showAddPerson(account)}>{t('people.add')}</Button>
    </div>
  );
}

function NobodyFound({ account }: { account: Account }) {
  const { search } = account.people;
  const words = search.value.trim();
  return (
    <div class="empty">
      <p>{t('people.notFound', { words })}</p>
      <Button icon="person-add" onClick={() => showAddPerson(account, words)}>{t('people.addFound')}</Button>
    </div>
  );
}

function Content({ account }: { account: Account }) {
  const { people } = account;
  if (!people.isLoaded.value) return <p class="empty" role="status"><Spinner /> {t('common.loading')}</p>;
  const isEmpty = people.all.value.length === 0 && people.groups.value.every(({ displayName }) => displayName === '');
  if (isEmpty) return <Nobody account={account} />;
  const isFound = people.search.value.trim() === '' || people.groups.value.some((group) => group.people.length > 0);
  return isFound ? <PeopleList account={account} /> : <NobodyFound account={account} />;
}

export function PeopleView({ account }: { account: Account }) {
  return (
    <div class="people">
      <div class="tools">
        <SearchField words={account.people.search} label={t('people.search')} />
        <IconButton icon="person-add" label={t('people.add')} onClick={() => showAddPerson(account)} />
        <Menu class="button quiet only-icon" label={t('people.more')} items={[
          { label: t('people.addGroup'), icon: 'add', act: () => showGroupName(account, null) },
          { label: t('people.decisions'), icon: 'eye', act: () => showDecisions(account) },
        ]}><Icon name="more" /></Menu>
      </div>
      <Requests account={account} />
      <Content account={account} />
    </div>
  );
}
